"""Several organisations: keys, commands, and that none meets another."""
