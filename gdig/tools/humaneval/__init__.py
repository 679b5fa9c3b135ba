"""Human evaluation of translations."""
