"""What Exchange's submission says. Which of it is word for word stands at the head of smtp.py."""

from __future__ import annotations

HOST = "SANDBOX.outlook.office365.com"
LOST = (
    "430 4.2.0 STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception:ConnectionFailedTransientException."
    "MapiExceptionLogonFailed; Failed to process message due to a transient exception with message "
    f"[BeginDiagnosticData]Cannot open mailbox. Server = {HOST}"
)
DENIED = (
    "554 5.2.252 SendAsDenied; {} not allowed to send as {}; STOREDRV.Submission.Exception:SendAsDeniedException."
    "MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message "
    "[BeginDiagnosticData]Cannot submit message."
)
BUSY = {  # the weather's; 4.x.x of RFC 3463, in words that Exchange is known for, none of them from a transcript
    "421": "421 4.3.2 Service not available",
    "432": "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded {}",
    "451": "451 4.7.500 Server busy. Please try again later {}",
    "454": "454 4.7.0 Temporary authentication failure {}",
}
BASIC = {
    "disabled": "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. {}",
    "removed": "550 5.7.30 Basic authentication is not supported for Client Submission. {}",
}
# What aiosmtpd says, by its beginning, and what is said instead.
WORDS = {
    "220 Ready": "220 2.0.0 SMTP server ready",
    "221 ": "221 2.0.0 Service closing transmission channel",
    "250 OK": "250 2.0.0 OK",
    "252 ": "252 2.1.5 Cannot VRFY user",
    "500 Command line": "500 5.5.2 Command line too long",
    "500 ": "500 5.3.3 Unrecognized command",
    "501 Syntax": "501 5.5.4 Invalid arguments",
    "501 Error": "501 5.5.4 Invalid arguments",
    "502 ": "502 5.3.3 Command not implemented",
    "503 Error: send": "503 5.5.2 Send hello first",
    "503 Error: nested": "503 5.5.2 Sender already specified",
    "503 Error: need MAIL": "503 5.5.2 Need mail command",
    "503 Error: need RCPT": "503 5.5.2 Need rcpt command",
    "530 ": "530 5.7.57 Client not authenticated to send mail. {}",
    "552 ": "552 5.3.4 Message size exceeds fixed maximum message size",
    "553 ": "501 5.1.3 Invalid address",
    "555 ": "501 5.5.4 Unsupported parameter",
}
