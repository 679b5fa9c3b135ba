"""The embedded German-English grammar."""
