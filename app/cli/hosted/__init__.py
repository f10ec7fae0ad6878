"""The commands for whoever runs the runtime for several organisations (hosted.md)."""
