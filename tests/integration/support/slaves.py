"""Modbus units of another make: pymodbus servers on TCP and on a serial line, in a thread of their own."""
import asyncio
import concurrent.futures
import pathlib
import threading

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer

from support.process import Process
from support.waiting import wait_for

_FUNCTION = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def words(text: str):
    """Registers as they are on the wire: "0138 0002"."""
    return [int(word, 16) for word in text.split()]


class Units:
    """The registers of several units. Addresses are those of the wire; what is not given does not exist."""

    def __init__(self, units: dict):
        """:param units: unit -> space -> address -> hex words (bits: "1 0 0 1")"""
        self._slaves = {}
        for unit, spaces in units.items():
            blocks = {name: ModbusSparseDataBlock({0xFFFF: 0} if not spaces.get(name) else self._cells(spaces[name]))
                      for name in _FUNCTION}
            self._slaves[unit] = ModbusSlaveContext(co=blocks["coil"], di=blocks["discrete"], hr=blocks["holding"],
                                                    ir=blocks["input"], zero_mode=True)
        self.context = ModbusServerContext(slaves=self._slaves, single=False)
        self._muted = {}

    @staticmethod
    def _cells(space):
        return {first + i: word for first, text in space.items() for i, word in enumerate(words(text))}

    def set(self, unit: int, space: str, address: int, text: str):
        self._slaves[unit].setValues(_FUNCTION[space], address, words(text))

    def mute(self, *units: int):
        """These answer nothing any more."""
        for unit in units:
            self._muted[unit] = self.context[unit]
            del self.context[unit]

    def unmute(self, *units: int):
        for unit in units:
            self.context[unit] = self._muted.pop(unit)


class _Loop:
    """An event loop in a thread."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine, seconds: float = 20.0):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)

    def end(self):
        async def cancel_all():
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()

        try:
            self.run(cancel_all(), 5)
        except concurrent.futures.TimeoutError:
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


class TcpSlaves:
    """Modbus TCP on 127.0.0.1:port."""

    def __init__(self, units: dict):
        self.units = Units(units)
        self._loop = _Loop()
        self.port = self._loop.run(self._start())

    async def _start(self) -> int:
        server = ModbusTcpServer(self.units.context, address=("127.0.0.1", 0), ignore_missing_slaves=True)
        self._task = asyncio.ensure_future(server.serve_forever())
        await server.serving
        self._server = server
        return server.server.sockets[0].getsockname()[1]

    def set(self, unit: int, space: str, address: int, text: str):
        self.units.set(unit, space, address, text)

    def close(self):
        self._loop.run(self._server.server_close())
        self._loop.end()


class SerialSlaves:
    """RTU on one end of a pair of ptys (socat); `port` is the other end."""

    def __init__(self, units: dict, folder: pathlib.Path, name: str = "line", baud: int = 9600):
        self.units = Units(units)
        self.port = str(folder / name)
        far = f"{folder / name}-slaves"
        self._pair = Process(f"socat {name}", ["socat", f"pty,raw,echo=0,link={self.port}", f"pty,raw,echo=0,link={far}"],
                             folder / f"{name}.socat.log")
        wait_for(lambda: pathlib.Path(self.port).exists() and pathlib.Path(far).exists(), "socat's pair of ptys")
        self._loop = _Loop()
        self._loop.run(self._start(far, baud))

    async def _start(self, far: str, baud: int):
        self._server = ModbusSerialServer(self.units.context, ModbusRtuFramer, port=far, baudrate=baud, bytesize=8,
                                          parity="N", stopbits=2, timeout=1, ignore_missing_slaves=True)
        await self._server.start()
        assert self._server.transport is not None, f"pymodbus does not open {far}"

    def set(self, unit: int, space: str, address: int, text: str):
        self.units.set(unit, space, address, text)

    def close(self):
        self._loop.end()
        self._pair.close()
