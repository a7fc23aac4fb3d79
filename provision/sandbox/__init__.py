"""A local Entra, Graph and MSPbots over TLS on loopback. It shares no code with the client side."""
