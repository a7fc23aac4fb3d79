"""An emulated MSPbots: its login, Settings > System > Outgoing Mail, and the server that redeems the code.

From MSPbots' public pages (support articles 8974037149071 and 8974065813647, wiki page 78225624): the menu path, the
arrow "v" beside "+Add", the entry OAuth2, the window "Add", its nine fields in this order, that Host Name cannot be
modified and that Redirect URI is pre-filled, the button Authorize, the pop-up's Continue, the addresses /login and
/web/um/smtp/redirect, and that whoever does not sign in with Microsoft gives a 6-digit code.

Nobody of this project has seen the page. So there are several, which the control port chooses from (state.py): what a
client does on all of them may be right on the real one. Assumed in each, because no public source says it:

    sign-in    the login by username and password, and that it can do without a code; how long a session lasts;
               that MSPbots' tenant has a name and that the header shows it
    form       the value of Host Name; that Redirect URI can be edited; which fields are required; what a refusal looks
               like; how a label is bound to its field, what floats where, and every word that a source does not give
    authorize  that no PKCE and no prompt are sent; that state is bound to the session, used once and good for ten
               minutes; the scope that is asked for
    entries    the list, its columns and its status "Authorized"; that each has a button Edit, which opens the same
               window as "Edit", filled with all but the secret; that the secret must be entered again, and that the
               entry is replaced once it is authorized; that one with the Username of another replaces that one
    failures   that a session may end half-way, and where; that an error may be a toast that goes away

Every address but /login and /web/um/smtp/redirect is assumed, too: the others stand under /sandbox/, and are no API of
MSPbots. Each row of docs/reference/sandbox-mspbots.md says what of it is sourced.

It never leaves the machine: a token URL that does not end on loopback is refused.
"""

from provision.sandbox.mspbots.form import HOST_NAME, REDIRECT_PATH, REDIRECT_URI
from provision.sandbox.mspbots.listing import LIST
from provision.sandbox.mspbots.sessions import USER
from provision.sandbox.mspbots.site import routes
from provision.sandbox.redeeming import SCOPE

__all__ = ["HOST_NAME", "LIST", "REDIRECT_PATH", "REDIRECT_URI", "SCOPE", "USER", "routes"]
