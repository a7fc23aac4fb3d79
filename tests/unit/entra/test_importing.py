"""Two threads that import the SDKs at once may end with Python's deadlock error: they take turns."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from provision import importing
from provision.entra import clouds, graph, login
from provision.sinks import keyvault

WATCHED = {
    "azure.identity", "azure.keyvault.secrets", "msgraph.graph_request_adapter", "kiota_abstractions.authentication",
}

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in WATCHED:
            print(name, importing.IMPORTING.locked())

sys.meta_path.insert(0, Watch())
login._import_identity()
directory = graph.GraphDirectory(None, clouds.GLOBAL, None)
directory._build()
vault = keyvault.KeyVaultSink.__new__(keyvault.KeyVaultSink)
vault._limit_s, vault._ca, vault._token, vault.vault = 1, None, None, "https://v.vault.azure.net"
vault._connect(None)
print("afterwards", importing.IMPORTING.locked())
"""


def test_an_sdk_is_imported_by_one_thread_at_a_time():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == [
        "afterwards False",
        "azure.identity True",
        "azure.keyvault.secrets True",
        "kiota_abstractions.authentication True",
        "msgraph.graph_request_adapter True",
    ]
