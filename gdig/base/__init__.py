"""The base model: trained from scratch, or pretrained."""
