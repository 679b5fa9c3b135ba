"""What every pass of a language model needs: prompts, batches, losses, loading."""
