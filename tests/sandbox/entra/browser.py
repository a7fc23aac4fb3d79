"""What $BROWSER names in these tests: somebody signs in at the page, accepts, and brings the answer to whoever waits.

python browser.py INFO PASSWORD-FILE URL
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.sandbox.entra.visitor import Visitor


def main(info, password, url):
    visitor = Visitor(json.loads(Path(info).read_text()), Path(password).read_text())
    visitor.open(url).through()
    with httpx.Client(trust_env=False, timeout=60) as outside:
        if visitor.page is not None:  # a form, for somebody on this machine
            outside.post(visitor.target, data=visitor.landed)
        else:
            outside.get(visitor.target)
    visitor.http.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
