"""What a person sees: plain values in; contexts, sentences and start data out. No model, no platform, no Zoom."""
