"""Speed: what is measured, the bars, recorded runs, and the page written of them."""
