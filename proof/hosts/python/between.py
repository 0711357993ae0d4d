"""A proxy between a client and the service that cuts connections on request."""

import socket
import threading
from urllib.parse import urlsplit

from checks import URL


class Forwarder:
    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.opened = 0
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already
            each.close()
        self._sockets = []

    def _accept(self):
        service = urlsplit(URL)
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection((service.hostname, service.port))
            self.opened += 1
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was cut
