"""Entra's v2 login service for one tenant: discovery, sign-in and consent in a browser, tokens for people and for apps.

Left out: personal accounts, guests, the v1 endpoints, SAML and WS-Federation. Its pages say that they are
not Microsoft's.
"""

from provision.sandbox.entra.service import Entra

__all__ = ["Entra"]
