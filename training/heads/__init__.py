"""Small heads on the converted networks: logistic regressions that turn their outputs into attributes."""
