"""What both HTTP faces share: bodies, authentication, error envelopes."""
