"""The base model: trained from scratch, or a published one."""
