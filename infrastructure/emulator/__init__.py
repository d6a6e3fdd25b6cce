"""A server that speaks the ComfyUI Deploy API on loopback and draws real files."""
