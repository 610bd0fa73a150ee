"""The facts faceline speaks in: frozen values and closed enumerations, standard library only."""
