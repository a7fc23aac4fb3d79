"""What speaks to Microsoft Entra: the directory (Graph) and the login service (v2)."""
