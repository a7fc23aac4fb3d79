"""The floor: the reads of a converged apply, by httpx alone, as few and as early as they can be.

Usage: reads.py LOGIN GRAPH CA TENANT CLIENT_ID SECRET_FILE KEY. Proxies as the environment says; prints nothing.
"""

import asyncio
import ssl
import sys
from pathlib import Path

import httpx

PRINCIPALS = "v1.0/servicePrincipals"
SCOPES = f"{PRINCIPALS}(appId='00000003-0000-0000-c000-000000000000')?$select=id,oauth2PermissionScopes"


async def main() -> None:
    login, graph, ca, tenant, client_id, secret_file, key = sys.argv[1:]
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca)) as client:
        discovery = await client.get(f"{login}/{tenant}/v2.0/.well-known/openid-configuration")
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": Path(secret_file).read_text().strip(),
            "scope": f"{graph}/.default",
        }
        token = (await client.post(discovery.json()["token_endpoint"], data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        paths = [f"v1.0/applications(uniqueName='{key}')"]
        if graph != "https://graph.microsoft.com":  # elsewhere the ids of permissions are not documented
            paths.append(SCOPES)
        app, *_ = await asyncio.gather(*(client.get(f"{graph}/{path}", headers=headers) for path in paths))
        principal = await client.get(f"{graph}/{PRINCIPALS}(appId='{app.json()['appId']}')", headers=headers)
        principal.raise_for_status()


asyncio.run(main())
