"""Settings, addresses, mounts and wiring: the one place that knows every room."""
