"""Measures the data plane beside a floor: uvicorn with an application that answers a constant."""
