"""The fidelity table of the sandbox's mail: each command of SMTP and of IMAP, the document that it follows, what
exercises it, and what is left out.

Witnesses are read, not declared: a case counts for the commands of its dialogue, a file of tests for what its text asks
for, and a stranger's program for the commands that it was recorded to send.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.witnesses import clients_of

TESTS = Path(__file__).parents[1] / "tests"
HEAD = """# What the sandbox knows of Exchange Online's mail

{made}

Exchange documents OAuth over SMTP and IMAP in one page (office-developer-exchange-docs, legacy-protocols,
how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.md) and no replies but those of signing in. What else
it says was taken from transcripts that people have published; each case names its own. The protocols are the RFCs'.
`word for word`: as such a transcript has it; `paraphrased`: the code is Exchange's or the RFC's, and the text is ours;
`assumed`: no source was found for it at all. What is assumed of mailboxes stands at the head of `exchange/smtp.py` and
`exchange/imap.py`.

Clients: [strangers' programs](witnesses.md) that were recorded to do it. Of SMTP the log has AUTH and DATA alone: who
sent DATA has sent what comes before it.

## SMTP: smtp.office365.com:587

Left out: bounces, checks of recipients, rate limits, port 25, authentication by a password.

"""
IMAP_HEAD = """
## IMAP: outlook.office365.com:993

Left out: RENAME, quotas, ACL, COMPRESS, CONDSTORE, port 143 and its STARTTLS, and all of POP.

"""
COLUMNS = "| command | document | words | cases | tests | clients | left out |\n" + "| --- " * 7 + "|\n"
SENDS = r"sendmail|office\.send\("
OAUTH, BASIC = "how-to-authenticate-….md", "Exchange Team Blog, Basic authentication's end"
RFC5321, RFC3501 = "RFC 5321 section {}", "RFC 3501 section {}"
WORDS, OURS = "word for word", "paraphrased"
NO_WITNESS, NO_CLIENT = "**no witness**", "**no client**"


@dataclass(frozen=True)
class Command:
    """`asked`: what a test that exercises it says, where that is more than its name."""

    name: str
    page: str
    words: str
    left_out: str = ""
    asked: str = ""


SMTP = (
    Command("connect", RFC5321.format("3.1"), WORDS, asked=r"greeting"),
    Command("EHLO", RFC5321.format("4.1.1.1"), WORDS, asked=r"ehlo\("),
    Command("HELO", RFC5321.format("4.1.1.1"), OURS, asked=r"\bHELO\b"),
    Command("STARTTLS", "RFC 3207", WORDS, asked=r"starttls\("),
    Command("AUTH XOAUTH2", f"{OAUTH}, RFC 4954", WORDS, asked=r"XOAUTH2|office\.send\("),
    Command("AUTH LOGIN", BASIC, WORDS, "a password that is accepted", asked=r"AUTH LOGIN|\.login\("),
    Command(
        "MAIL", RFC5321.format("4.1.1.2"), "word for word: Sender OK, 530", "DSN's options: taken, unused",
        rf"MAIL FROM|{SENDS}",
    ),
    Command("RCPT", RFC5321.format("4.1.1.3"), OURS, "recipients that do not exist", rf"RCPT TO|{SENDS}"),
    Command("DATA", RFC5321.format("4.1.1.4"), "word for word: 430, 554", "delivery reports", rf"{SENDS}|\bDATA\b"),
    Command("BDAT", "RFC 3030", OURS),
    Command("RSET", RFC5321.format("4.1.1.5"), OURS, asked=r"\bRSET\b|\.rset\("),
    Command("NOOP", RFC5321.format("4.1.1.9"), OURS, asked=r"\bNOOP\b|\.noop\("),
    Command("QUIT", RFC5321.format("4.1.1.10"), OURS, asked=r"\bQUIT\b|\.quit\("),
    Command("VRFY, EXPN, HELP", RFC5321.format("4.1.1.6"), "assumed", "what they tell", r"\b(VRFY|EXPN|HELP)\b"),
)  # fmt: skip
IMAP = (
    Command("connect", RFC3501.format("7.1.1"), WORDS, asked="greeting"),
    Command("CAPABILITY", RFC3501.format("6.1.1"), WORDS, asked=r"CAPABILIT"),
    Command("ID", "RFC 2971", OURS, asked=r'\bID (NIL|\()|"ID'),
    Command("NOOP", RFC3501.format("6.1.2"), WORDS, asked=r"\bNOOP\b|\.noop\("),
    Command("LOGOUT", RFC3501.format("6.1.3"), OURS, asked=r"LOGOUT|\.logout\("),
    Command("AUTHENTICATE XOAUTH2", f"{OAUTH}, RFC 4959", WORDS, asked=r"AUTHENTICATE|authenticate|office\.imap\("),
    Command("LOGIN", BASIC, WORDS, "a password that is accepted", r"\bLOGIN\b|\.login\("),
    Command("SELECT", RFC3501.format("6.3.1"), "word for word: not connected", asked=r"\bselect\("),
    Command("EXAMINE", RFC3501.format("6.3.2"), OURS, asked=r"readonly=True|EXAMINE"),
    Command("CREATE", RFC3501.format("6.3.3"), OURS, asked=r"\.create\("),
    Command("DELETE", RFC3501.format("6.3.4"), OURS, asked=r"\.delete\("),
    Command(
        "SUBSCRIBE, UNSUBSCRIBE, LSUB", RFC3501.format("6.3.6"), "assumed", "what was subscribed to",
        r"subscribe\(|lsub\(",
    ),
    Command("LIST", RFC3501.format("6.3.8"), "word for word: attributes", "RFC 5258's options", r"\.list\("),
    Command("NAMESPACE", "RFC 2342", WORDS, asked=r"\.namespace\("),
    Command("STATUS", RFC3501.format("6.3.10"), OURS, asked=r"\.status\("),
    Command("APPEND", "RFC 3501 section 6.3.11, RFC 4315", OURS, asked=r"\.append\(\"|\.append\([A-Z\"]"),
    Command("IDLE", "RFC 2177", "word for word: + IDLE accepted", asked=r"\bIDLE\b|idle\("),
    Command("CHECK", RFC3501.format("6.4.1"), OURS, asked=r"\.check\(|CHECK"),
    Command("CLOSE", RFC3501.format("6.4.2"), OURS, asked=r"\.close\("),
    Command("UNSELECT", "RFC 3691", OURS, asked=r"\.unselect\("),
    Command("EXPUNGE", "RFC 3501 section 6.4.3, RFC 4315", OURS, asked=r"\.expunge\("),
    Command("SEARCH", RFC3501.format("6.4.4"), OURS, "letters but US-ASCII and UTF-8", r"\.search\("),
    Command("FETCH", RFC3501.format("6.4.5"), OURS, asked=r"\.fetch\(|fetched\("),
    Command("STORE", RFC3501.format("6.4.6"), OURS, "keywords", r"\.store\("),
    Command("COPY", RFC3501.format("6.4.7"), OURS, asked=r"\.copy\("),
    Command("MOVE", "RFC 6851", OURS, asked=r"\bMOVE\b"),
    Command("UID", "RFC 3501 section 6.4.8", OURS, asked=r"\.uid\(|UID "),
)  # fmt: skip
_NOT_LOGGED = {"connect", "EHLO", "STARTTLS", "MAIL", "RCPT"}


def page(made: str) -> str:
    smtp = [_row("smtp", command) for command in SMTP]
    imap = [_row("imap", command) for command in IMAP]
    return HEAD.format(made=made) + COLUMNS + "\n".join(smtp) + "\n" + IMAP_HEAD + COLUMNS + "\n".join(imap) + "\n"


def _row(protocol: str, command: Command) -> str:
    dialogues = _dialogues(protocol)
    cases = ", ".join(name for name, said in dialogues.items() if _said(command, said))
    lack = [name for name, said in dialogues.items() if not _said(command, said)]
    if len(lack) * 4 < len(dialogues):
        cases = "all" + (f" but {', '.join(lack)}" if lack else "")
    tests = ", ".join(name for name, text in _texts(protocol).items() if re.search(command.asked or command.name, text))
    clients = ", ".join(_clients(protocol, command)) or NO_CLIENT
    words = (command.name, command.page, command.words, cases, tests or NO_WITNESS, clients, command.left_out)
    return f"| {' | '.join(words)} |"


def _said(command: Command, dialogue: list[str]) -> bool:
    return command.name == "connect" or any(
        re.match(rf"(?:[a-z] )?{re.escape(name)}\b", line) for line in dialogue for name in command.name.split(", ")
    )


def _clients(protocol: str, command: Command) -> list[str]:
    """IMAP's UID stands in the log for what it is followed by; of SMTP see the page's head."""
    if protocol == "smtp" and command.name in _NOT_LOGGED:
        return clients_of("SMTP DATA")
    names = command.name.removesuffix(" XOAUTH2") if protocol == "imap" else command.name
    if command.name == "connect":
        names = "CAPABILITY"
    found = [one for name in names.split(", ") for one in clients_of(f"{protocol.upper()} {name}")]
    return list(dict.fromkeys(found))


@cache
def _dialogues(protocol: str) -> dict[str, list[str]]:
    """What the client says in each case, by the case's name."""
    files = sorted((TESTS / "cases").glob(f"{protocol}-*.json"))
    return {path.stem: json.loads(path.read_text())["request"]["body"] for path in files}


@cache
def _texts(protocol: str) -> dict[str, str]:
    """The files of tests that speak it, by name."""
    places = [*sorted((TESTS / "sandbox").glob("test_mail*.py"))]
    places += [TESTS / "sandbox" / "clients" / f"test_{name}.py" for name in ("mail_by_name", "openssl", "emailproxy")]
    other = {"smtp": "imap", "imap": "smtp"}[protocol]
    return {path.stem: path.read_text() for path in places if not path.stem.startswith(f"test_mail_{other}")}
