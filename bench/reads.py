"""The floor: the reads of a converged apply, in order, by httpx alone. Compared with `provision apply` by bench/run.sh.

Usage: reads.py LOGIN GRAPH CA TENANT CLIENT_ID SECRET_FILE KEY
"""

import asyncio
import ssl
import sys
from pathlib import Path

import httpx


async def main() -> None:
    login, graph, ca, tenant, client_id, secret_file, key = sys.argv[1:]
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca), trust_env=False) as client:
        discovery = await client.get(f"{login}/{tenant}/v2.0/.well-known/openid-configuration")
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": Path(secret_file).read_text().strip(),
            "scope": f"{graph}/.default",
        }
        token = (await client.post(discovery.json()["token_endpoint"], data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        app = await client.get(f"{graph}/v1.0/applications(uniqueName='{key}')", headers=headers)
        await client.get(f"{graph}/v1.0/servicePrincipals(appId='{app.json()['appId']}')", headers=headers)


asyncio.run(main())
