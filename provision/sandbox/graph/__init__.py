"""Microsoft Graph, emulated. Which operation is where: table.py."""

from provision.sandbox.graph.service import Graph

__all__ = ["Graph"]
