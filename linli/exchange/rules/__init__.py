"""What a CAP message is, how it is written and read, and which places it means. Pure."""
