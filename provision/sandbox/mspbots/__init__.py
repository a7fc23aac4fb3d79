"""An emulated MSPbots: its login, Settings > System > Outgoing Mail, and the server that redeems the code.

From MSPbots' public pages (support article 8974037149071, wiki page 78225624): the menu path, the arrow "v" beside
"+Add", the entry OAuth2, the window "Add", its nine fields in this order, that Host Name cannot be modified and that
Redirect URI is pre-filled, the button Authorize, the pop-up's Continue, and the address /web/um/smtp/redirect.

Assumed, because no public source says it: the login by username and password (the real one is Microsoft SSO or a
second factor); the value of Host Name; that Redirect URI can be edited; which fields are required; that no PKCE and
no prompt are sent; that state is bound to the session, used once and good for ten minutes; what a refusal looks like;
that authorizing the same Username again replaces its entry; the list and its status "Authorized"; every address but
/login and /web/um/smtp/redirect (the others stand under /sandbox/, and are no API of MSPbots).

It never leaves the machine: a token URL that does not end on loopback is refused.
"""

from provision.sandbox.mspbots.form import HOST_NAME, REDIRECT_PATH, REDIRECT_URI
from provision.sandbox.mspbots.listing import LIST
from provision.sandbox.mspbots.sessions import USER
from provision.sandbox.mspbots.site import routes
from provision.sandbox.redeeming import SCOPE

__all__ = ["HOST_NAME", "LIST", "REDIRECT_PATH", "REDIRECT_URI", "SCOPE", "USER", "routes"]
