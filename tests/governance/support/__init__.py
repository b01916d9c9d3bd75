"""What the tests of the city's side need; what they share with the gateway's tests is in tests/integration/support."""
import pathlib

__path__.append(str(pathlib.Path(__file__).resolve().parents[2] / "integration" / "support"))
