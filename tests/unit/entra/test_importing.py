"""Two threads that import the SDKs at once may end with Python's deadlock error: they take turns."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from provision.entra import answers, clouds, graph, login

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("azure.identity", "msgraph.graph_request_adapter", "kiota_abstractions.authentication"):
            print(name, answers.IMPORTING.locked())

sys.meta_path.insert(0, Watch())
login._import_identity()
directory = graph.GraphDirectory(None, clouds.GLOBAL, None)
directory._build()
print("afterwards", answers.IMPORTING.locked())
"""


def test_an_sdk_is_imported_by_one_thread_at_a_time():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == [
        "afterwards False",
        "azure.identity True",
        "kiota_abstractions.authentication True",
        "msgraph.graph_request_adapter True",
    ]
