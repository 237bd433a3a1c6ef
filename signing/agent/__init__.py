"""Phần mềm ký trên máy cá nhân: the only program that touches a key token. It signs digests, nothing else."""
