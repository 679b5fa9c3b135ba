"""G-DIG: choose the sentence pairs an LLM should be finetuned on, with the model's own gradients."""
