"""softprobe-runtime: the control plane for HTTP capture and replay."""

__version__ = "0.1.0"
