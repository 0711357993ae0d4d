/* The least that a server can do: reads a body, or frames behind a change of protocol, and answers a constant. One thread,
 * one call for what has come and one for the answer. Heads are taken for whole, since their client writes them at once. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 64, BUFFER_BYTES = 262144 };
static const char REPLY[] = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{\"token_id\":1}";
static const char SWITCH[] = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: logit-stream\r\n\r\n";
static const char LINE[] = "{\"token_id\":1}\n";
static char buffer[BUFFER_BYTES];
static struct pollfd polled[CONNECTIONS + 1];
/* bytes of the body or frame that are missing; whether frames come; bytes of a frame's prefix that are there, and frames */
static struct { long left; int framed, prefix_bytes, frames; unsigned char prefix[4]; } states[CONNECTIONS + 1];

static void say(int fd, const char *text, size_t bytes) { if (write(fd, text, bytes) < 0) perror("write"); }

/* Answers the index behind what belongs to one message. */
static long take(int i, long at, long end) {
  int fd = polled[i].fd;
  if (states[i].left == 0 && !states[i].framed) { /* a head */
    buffer[end] = 0;
    char *body = strstr(buffer + at, "\r\n\r\n"), *length = strstr(buffer + at, "ontent-length: ");
    if (body == NULL) exit(1);
    states[i].framed = length == NULL;
    if (length == NULL) say(fd, SWITCH, sizeof SWITCH - 1);
    else states[i].left = atol(length + 15);
    return body + 4 - buffer;
  }
  if (states[i].left == 0) { /* the length of a frame */
    states[i].prefix[states[i].prefix_bytes++] = (unsigned char)buffer[at++];
    if (states[i].prefix_bytes < 4) return at;
    states[i].prefix_bytes = 0;
    unsigned char *p = states[i].prefix;
    states[i].left = p[0] | p[1] << 8 | p[2] << 16 | (p[3] & 0x7f) << 24;
    return at;
  }
  long taken = states[i].left < end - at ? states[i].left : end - at;
  states[i].left -= taken;
  if (states[i].left == 0 && !states[i].framed) say(fd, REPLY, sizeof REPLY - 1);
  if (states[i].left == 0 && states[i].framed && states[i].frames++ > 0) say(fd, LINE, sizeof LINE - 1); /* the first: options */
  return at + taken;
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int count = 1, one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, CONNECTIONS) != 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  while (poll(polled, count, -1) > 0) {
    for (int i = count - 1; i > 0; i--) {
      if (polled[i].revents == 0) continue;
      long end = read(polled[i].fd, buffer, BUFFER_BYTES - 1), at = 0;
      while (at < end) at = take(i, at, end);
      if (end > 0) continue;
      close(polled[i].fd);
      polled[i] = polled[--count];
      states[i] = states[count];
    }
    if (polled[0].revents == 0 || count > CONNECTIONS) continue;
    int fd = accept(listener, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    memset(&states[count], 0, sizeof states[count]);
    polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
  return 0;
}
