"""Training under transformers' Trainer: base from scratch, warm-up and finetuning, on one process or many."""
