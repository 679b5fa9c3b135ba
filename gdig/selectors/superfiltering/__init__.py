"""SuperFiltering: ratio of perplexities, optionally with facility location."""
