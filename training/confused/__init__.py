"""How CONFUSED follows from the seven emotions that pictures are labelled with."""
