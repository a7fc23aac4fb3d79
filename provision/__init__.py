"""provision: registers mail apps in Microsoft Entra, rotates their secrets and delivers them without a gap."""

__version__ = "0.1.0"
