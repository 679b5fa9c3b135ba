"""Where raw pairs come from: one module per `kind` of source, and `corpora` that draws the parts from them."""
