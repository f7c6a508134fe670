// Microsoft Graph's SDK for Go, against a server of one's own. The adapter, its middleware and its error are the SDK's own; the
// request builders are written out here, with the SDK's URL templates, because compiling all of them takes minutes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go-core/authentication"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
)

type testCase struct {
	Name        string
	Path        path
	Method      string
	Body        string
	ContentType string
	Times       int
	Token       string
	BaseUrl     string
}

type path struct{ Root, Id, Folder, ChildFolder, Contact string }

type outcome struct {
	Name            string  `json:"name"`
	Accepted        bool    `json:"accepted,omitempty"`
	Status          int     `json:"status,omitempty"`
	Code            *string `json:"code,omitempty"`
	Message         *string `json:"message,omitempty"`
	RequestId       *string `json:"requestId,omitempty"`
	ClientRequestId *string `json:"clientRequestId,omitempty"`
	Failure         string  `json:"failure,omitempty"`
}

// A token that was got elsewhere; azidentity's credentials are used in the same way.
type staticCredential string

func (token staticCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(token), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func graphAdapter(token, baseUrl string) (abstractions.RequestAdapter, error) {
	var hosts []string
	if baseUrl == "" {
		baseUrl = "https://graph.microsoft.com/v1.0"
	} else {
		// To other hosts than Microsoft's the token is sent only if they are named here.
		hosts = []string{"localhost"}
	}
	provider, err := authentication.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(staticCredential(token), nil, hosts)
	if err != nil {
		return nil, err
	}
	adapter, err := core.NewGraphRequestAdapterBase(provider, core.GraphClientOptions{})
	if err != nil {
		return nil, err
	}
	adapter.SetBaseUrl(baseUrl)
	return adapter, nil
}

// photoOf gives the SDK's URL template of a photo, and its parameters.
func photoOf(path path) (string, map[string]string) {
	parameters := map[string]string{
		"group%2Did": path.Id, "user%2Did": path.Id, "contact%2Did": path.Contact,
		"contactFolder%2Did": path.Folder, "contactFolder%2Did1": path.ChildFolder,
	}
	if path.Root == "me" {
		parameters["user%2Did"] = "me-token-to-replace"
	}
	switch {
	case path.Root == "groups":
		return "{+baseurl}/groups/{group%2Did}/photo", parameters
	case path.ChildFolder != "":
		return "{+baseurl}/users/{user%2Did}/contactFolders/{contactFolder%2Did}/childFolders/{contactFolder%2Did1}" +
			"/contacts/{contact%2Did}/photo", parameters
	case path.Folder != "":
		return "{+baseurl}/users/{user%2Did}/contactFolders/{contactFolder%2Did}/contacts/{contact%2Did}/photo", parameters
	case path.Contact != "":
		return "{+baseurl}/users/{user%2Did}/contacts/{contact%2Did}/photo", parameters
	default:
		return "{+baseurl}/users/{user%2Did}/photo", parameters
	}
}

func send(adapter abstractions.RequestAdapter, test testCase) error {
	template, parameters := photoOf(test.Path)
	request := abstractions.NewRequestInformation()
	request.PathParameters = parameters
	request.Headers.TryAdd("Accept", "application/json")
	if test.Method == "GET" {
		request.Method = abstractions.GET
		request.UrlTemplate = template
	} else {
		photo, err := os.ReadFile(test.Body)
		if err != nil {
			return err
		}
		request.Method = abstractions.PUT
		request.UrlTemplate = template + "/$value"
		if test.ContentType != "" {
			request.Headers.Add("Content-Type", test.ContentType)
		}
		request.SetStreamContentAndContentType(photo, "application/octet-stream")
	}
	_, err := adapter.SendPrimitive(context.Background(), request, "[]byte", abstractions.ErrorMappings{
		"XXX": odataerrors.CreateODataErrorFromDiscriminatorValue,
	})
	return err
}

func outcomeOf(name string, err error) outcome {
	var refusal *odataerrors.ODataError
	switch {
	case err == nil:
		return outcome{Name: name, Accepted: true}
	case !errors.As(err, &refusal):
		return outcome{Name: name, Failure: err.Error()}
	case refusal.GetErrorEscaped() == nil || refusal.GetErrorEscaped().GetInnerError() == nil:
		// The SDK's own Error() panics on such an answer.
		return outcome{Name: name, Status: refusal.GetStatusCode()}
	}
	inner := refusal.GetErrorEscaped().GetInnerError()
	return outcome{
		Name: name, Status: refusal.GetStatusCode(), Code: refusal.GetErrorEscaped().GetCode(), Message: refusal.GetErrorEscaped().GetMessage(),
		RequestId: inner.GetRequestId(), ClientRequestId: inner.GetClientRequestId(),
	}
}

func run(file string) error {
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return jsonserialization.NewJsonParseNodeFactory() })
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var tests []testCase
	if err := json.Unmarshal(text, &tests); err != nil {
		return err
	}
	for _, test := range tests {
		adapter, err := graphAdapter(test.Token, test.BaseUrl)
		if err != nil {
			return err
		}
		outcomes := make([]outcome, test.Times)
		var group sync.WaitGroup
		for i := range outcomes {
			group.Go(func() { outcomes[i] = outcomeOf(test.Name, send(adapter, test)) })
		}
		group.Wait()
		for _, each := range outcomes {
			line, err := json.Marshal(each)
			if err != nil {
				return err
			}
			fmt.Println(string(line))
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
