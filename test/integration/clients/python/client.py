"""Microsoft Graph's SDK for Python, against a server of one's own."""

import asyncio
import json
import sys
import time
from pathlib import Path

from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core.authentication import AzureIdentityAuthenticationProvider


class StaticCredential:
    """A token that was got elsewhere; azure-identity's credentials are used in the same way."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self.token, int(time.time()) + 3600)


def graph_client(token, base_url):
    if base_url is None:
        return GraphServiceClient(StaticCredential(token))
    # To other hosts than Microsoft's the token is sent only if they are named here.
    authentication = AzureIdentityAuthenticationProvider(StaticCredential(token), allowed_hosts=["localhost"])
    adapter = GraphRequestAdapter(authentication)
    adapter.base_url = base_url
    return GraphServiceClient(request_adapter=adapter)


def photo_of(client, path):
    if path["root"] == "groups":
        return client.groups.by_group_id(path["id"]).photo
    user = client.me if path["root"] == "me" else client.users.by_user_id(path["id"])
    if "contact" not in path:
        return user.photo
    if "folder" not in path:
        return user.contacts.by_contact_id(path["contact"]).photo
    folder = user.contact_folders.by_contact_folder_id(path["folder"])
    if "childFolder" in path:
        folder = folder.child_folders.by_contact_folder_id1(path["childFolder"])
    return folder.contacts.by_contact_id(path["contact"]).photo


async def send(case, client):
    photo = photo_of(client, case["path"])
    if case["method"] == "GET":
        return await photo.get()
    configuration = RequestConfiguration()
    if "contentType" in case:
        configuration.headers.add("Content-Type", case["contentType"])
    return await photo.content.put(Path(case["body"]).read_bytes(), configuration)


async def outcome(case, client):
    try:
        await send(case, client)
        return {"accepted": True}
    except ODataError as error:
        inner = error.error and error.error.inner_error
        return {
            "status": error.response_status_code,
            "code": error.error and error.error.code,
            "message": error.error and error.error.message,
            "requestId": inner and inner.request_id,
            "clientRequestId": inner and inner.client_request_id,
        }
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {error}"}


async def main(file):
    for case in json.loads(Path(file).read_text()):
        client = graph_client(case["token"], case.get("baseUrl"))
        outcomes = await asyncio.gather(*(outcome(case, client) for _ in range(case["times"])))
        for each in outcomes:
            print(json.dumps({"name": case["name"], **each}), flush=True)


asyncio.run(main(sys.argv[1]))
