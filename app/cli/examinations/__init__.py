"""What `softprobe-runtime doctor` examines: one file a subject."""
