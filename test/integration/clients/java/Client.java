import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.google.gson.Gson;
import com.microsoft.graph.core.authentication.AzureIdentityAuthenticationProvider;
import com.microsoft.graph.models.odataerrors.ODataError;
import com.microsoft.graph.serviceclient.GraphServiceClient;
import com.microsoft.graph.users.item.UserItemRequestBuilder;
import com.microsoft.kiota.BaseRequestConfiguration;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/** Microsoft Graph's SDK for Java, against a server of one's own. */
public final class Client {
    record Case(
            String name, PhotoPath path, String method, String body, boolean chunked, String contentType, int times, String token,
            String baseUrl) {}

    record PhotoPath(String root, String id, String folder, String childFolder, String contact) {}

    record Outcome(
            String name, Boolean accepted, Integer status, String code, String message, String requestId, String clientRequestId,
            String failure) {}

    /** The photos' request builders have no type in common. */
    interface Upload {
        void put(InputStream photo, Consumer<BaseRequestConfiguration> configure);
    }

    static GraphServiceClient graphClient(String token, String baseUrl) {
        // A token that was got elsewhere; azure-identity's credentials are used in the same way.
        final TokenCredential credential = context -> Mono.just(new AccessToken(token, OffsetDateTime.now().plusHours(1)));
        if (baseUrl == null) {
            return new GraphServiceClient(credential);
        }
        // To other hosts than Microsoft's the token is sent only if they are named here.
        final var client = new GraphServiceClient(new AzureIdentityAuthenticationProvider(credential, new String[] {"localhost"}));
        client.getRequestAdapter().setBaseUrl(baseUrl);
        return client;
    }

    static UserItemRequestBuilder user(GraphServiceClient client, PhotoPath path) {
        return path.root().equals("me") ? client.me() : client.users().byUserId(path.id());
    }

    static Upload photoOf(GraphServiceClient client, PhotoPath path) {
        if (path.root().equals("groups")) {
            final var photo = client.groups().byGroupId(path.id()).photo();
            return (body, configure) -> photo.content().put(body, configure::accept);
        }
        if (path.contact() == null) {
            final var photo = user(client, path).photo();
            return (body, configure) -> photo.content().put(body, configure::accept);
        }
        if (path.folder() == null) {
            final var photo = user(client, path).contacts().byContactId(path.contact()).photo();
            return (body, configure) -> photo.content().put(body, configure::accept);
        }
        final var folder = user(client, path).contactFolders().byContactFolderId(path.folder());
        if (path.childFolder() == null) {
            final var photo = folder.contacts().byContactId(path.contact()).photo();
            return (body, configure) -> photo.content().put(body, configure::accept);
        }
        final var child = folder.childFolders().byContactFolderId1(path.childFolder());
        final var photo = child.contacts().byContactId(path.contact()).photo();
        return (body, configure) -> photo.content().put(body, configure::accept);
    }

    /** Of a ByteArrayInputStream the SDK announces the length; any other stream is sent in chunks. */
    static InputStream open(Case test) throws IOException {
        final Path file = Path.of(test.body());
        return test.chunked() ? new BufferedInputStream(Files.newInputStream(file)) : new ByteArrayInputStream(Files.readAllBytes(file));
    }

    static void send(Case test, GraphServiceClient client) throws IOException {
        if (test.method().equals("GET")) {
            user(client, test.path()).photo().get();
            return;
        }
        try (InputStream photo = open(test)) {
            photoOf(client, test.path()).put(photo, configuration -> {
                if (test.contentType() != null) {
                    configuration.headers.add("Content-Type", test.contentType());
                }
            });
        }
    }

    static Outcome outcome(Case test, GraphServiceClient client) {
        try {
            send(test, client);
            return new Outcome(test.name(), true, null, null, null, null, null, null);
        } catch (ODataError error) {
            final var main = error.getError();
            final var inner = main == null ? null : main.getInnerError();
            return new Outcome(
                    test.name(), null, error.getResponseStatusCode(), main == null ? null : main.getCode(),
                    main == null ? null : main.getMessage(), inner == null ? null : inner.getRequestId(),
                    inner == null ? null : inner.getClientRequestId(), null);
        } catch (Exception error) {
            return new Outcome(test.name(), null, null, null, null, null, null, error.toString());
        }
    }

    public static void main(String[] arguments) throws Exception {
        final var gson = new Gson();
        final ExecutorService threads = Executors.newCachedThreadPool();
        for (Case test : gson.fromJson(Files.readString(Path.of(arguments[0])), Case[].class)) {
            final GraphServiceClient client = graphClient(test.token(), test.baseUrl());
            final Callable<Outcome> request = () -> outcome(test, client);
            for (Future<Outcome> each : threads.invokeAll(Collections.nCopies(test.times(), request))) {
                System.out.println(gson.toJson(each.get()));
            }
        }
        // OkHttp's own threads would keep the process for another minute.
        System.exit(0);
    }
}
