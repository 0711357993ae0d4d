/*
 * llama.cpp: a sampler that draws every token over a stream to the logit-sampler service. One file and its header, POSIX
 * sockets, no other library: compile it into your program beside llama.h, or with -shared.
 *
 *     struct logit_sampler_params params = {
 *         .host = "127.0.0.1", .port = "8080", .n_vocab = llama_vocab_n_tokens(vocab),
 *         .options = "{\"temperature\": 0.8, \"top_p\": 0.95, \"seed\": 7}",
 *     };
 *     char error[512];
 *     struct llama_sampler * service = logit_sampler_init(params, error, sizeof error);
 *     struct llama_sampler * chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
 *     llama_sampler_chain_add(chain, service);
 *     ... for each token of the prompt: llama_sampler_accept(chain, token);
 *     llama_token token = llama_sampler_sample(chain, ctx, -1);
 *     if (logit_sampler_error(service) != NULL) ...
 *
 * It goes last in its chain, where llama.cpp's own dist would stand; samplers before it (a grammar) narrow what it may
 * draw. Tokens that are accepted before the first draw are the prompt. A token that is drawn and not accepted is taken
 * back before the next draw; one that is accepted instead of the drawn one takes its place. A clone goes on by itself at
 * the same place. When the service cannot be asked, the largest logit is selected, since llama.cpp aborts without a
 * selection, and logit_sampler_error says why.
 *
 * The conversation is docs/transports.md's, on a bare connection: after "Upgrade: logit-stream" frames go up, a length of
 * four bytes and that many of JSON (bit 31 set) or of float32, and a line of JSON comes back for each row.
 */
#define _POSIX_C_SOURCE 200809L
#include "logit_sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum { ERROR_SIZE = 512, TIMEOUT_S = 30 };
/* The most that is read of a head, of the body of a refusal, and of a line: a reply with a trace has some hundred KiB. */
enum { HEAD_MAX = 64 << 10, BODY_MAX = 64 << 10, LINE_MAX = 8 << 20 };
static const uint32_t TEXT_BIT = 1u << 31;

/* Text or bytes that grow. */
struct buffer {
    char * data;
    size_t size, capacity;
};

struct tokens {
    llama_token * ids;
    size_t count, capacity;
};

struct service {
    char *host, *port, *api_key, *options;
    int32_t n_vocab;
    int timeout_s;
    int64_t deadline_ms; /* of what is under way, on the monotonic clock */
    int socket; /* -1: no stream is open */
    struct buffer received; /* what came behind the last line */
    char * last; /* the last reply, for a clone */
    float * row;
    struct tokens history;
    size_t prompt_length;
    bool has_drawn; /* the last token of the history was drawn and not accepted yet */
    char error[ERROR_SIZE];
};

/* Nothing can be done without memory: llama.cpp aborts as well. */
static void * need(void * memory) {
    if (memory == NULL) abort();
    return memory;
}

static char * copy(const char * text) {
    return text == NULL ? NULL : need(strdup(text));
}

static void append(struct buffer * buffer, const void * data, size_t size) {
    if (buffer->size + size + 1 > buffer->capacity) {
        buffer->capacity = 2 * (buffer->size + size + 1);
        buffer->data = need(realloc(buffer->data, buffer->capacity));
    }
    if (size > 0) memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

static void append_string(struct buffer * buffer, const char * text) {
    append(buffer, text, strlen(text));
}

/* For numbers: what is longer than a line is not for this. */
static void append_text(struct buffer * buffer, const char * format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    append(buffer, text, size < (int) sizeof text ? (size_t) size : sizeof text - 1);
}

static void append_ids(struct buffer * buffer, const struct tokens * tokens) {
    for (size_t i = 0; i < tokens->count; i++) append_text(buffer, "%s%d", i == 0 ? "" : ",", tokens->ids[i]);
}

static void push(struct tokens * tokens, llama_token token) {
    if (tokens->count == tokens->capacity) {
        tokens->capacity = 2 * tokens->capacity + 64;
        tokens->ids = need(realloc(tokens->ids, tokens->capacity * sizeof *tokens->ids));
    }
    tokens->ids[tokens->count++] = token;
}

/* Behind a value of JSON: a string, or all up to the comma or bracket that ends it. */
static const char * end_of_value(const char * at) {
    int depth = 0;
    for (; *at != '\0'; at++) {
        if (*at == '"') {
            for (at++; *at != '"' && *at != '\0'; at++)
                if (*at == '\\' && at[1] != '\0') at++;
            if (*at == '\0') return at;
        } else if (*at == '{' || *at == '[') depth++;
        else if (*at == '}' || *at == ']') {
            if (depth == 0) return at;
            depth--;
        } else if (*at == ',' && depth == 0) return at;
    }
    return at;
}

/* The value of a field of an object of JSON, and its length; NULL when there is none. */
static const char * field(const char * object, const char * name, size_t * length) {
    const size_t name_length = strlen(name);
    const char * at = strchr(object, '{');
    while (at != NULL && *at != '\0') {
        const char * key = strchr(at, '"');
        if (key == NULL) return NULL;
        const char * colon = key + 1;
        while (*colon != '"' && *colon != '\0') colon += *colon == '\\' && colon[1] != '\0' ? 2 : 1;
        const size_t key_length = (size_t) (colon - key - 1);
        colon = strchr(colon, ':');
        if (colon == NULL) return NULL;
        const char * value = colon + 1 + strspn(colon + 1, " ");
        const char * end = end_of_value(value);
        if (key_length == name_length && strncmp(key + 1, name, name_length) == 0) {
            *length = (size_t) (end - value);
            return value;
        }
        at = *end == ',' ? end + 1 : NULL;
    }
    return NULL;
}

static bool fail(struct service * service, const char * what, const char * why) {
    snprintf(service->error, ERROR_SIZE, "%s: %s", what, why);
    return false;
}

/* The sentence of a problem, or the text as it came. */
static bool refused(struct service * service, const char * text) {
    size_t length;
    const char * detail = field(text, "detail", &length);
    snprintf(service->error, ERROR_SIZE, "the service refused: %.*s", detail ? (int) length : 300, detail ? detail : text);
    return false;
}

static void disconnect(struct service * service) {
    if (service->socket >= 0) close(service->socket);
    service->socket = -1;
    service->received.size = 0;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What follows may take timeout_s in all, however the bytes come. */
static void set_deadline(struct service * service) {
    service->deadline_ms = now_ms() + (int64_t) service->timeout_s * 1000;
}

/* Waits until a socket can be read or written; false when the deadline comes first, with errno for the message. */
static bool wait_for(const struct service * service, int socket, short events) {
    for (;;) {
        const int64_t left_ms = service->deadline_ms - now_ms();
        if (left_ms <= 0) {
            errno = ETIMEDOUT;
            return false;
        }
        struct pollfd waiting = { .fd = socket, .events = events };
        const int ready = poll(&waiting, 1, left_ms > 60000 ? 60000 : (int) left_ms);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

static bool is_connected(const struct service * service, int made, const struct addrinfo * to) {
    if (connect(made, to->ai_addr, to->ai_addrlen) == 0) return true;
    if (errno != EINPROGRESS || !wait_for(service, made, POLLOUT)) return false;
    int problem = 0;
    socklen_t size = sizeof problem;
    if (getsockopt(made, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem != 0) errno = problem;
    return problem == 0;
}

static bool connect_to(struct service * service) {
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, * found = NULL;
    const int problem = getaddrinfo(service->host, service->port, &hints, &found);
    if (problem != 0) return fail(service, service->host, gai_strerror(problem));
    const int yes = 1;
    int why = 0;
    for (struct addrinfo * each = found; each != NULL && service->socket < 0; each = each->ai_next) {
        const int made = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (made < 0) continue;
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        fcntl(made, F_SETFL, fcntl(made, F_GETFL) | O_NONBLOCK);
        if (is_connected(service, made, each)) service->socket = made;
        else {
            why = errno;
            close(made);
        }
    }
    freeaddrinfo(found);
    return service->socket >= 0 || fail(service, "the service cannot be reached", strerror(why));
}

static bool would_block(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

static bool send_all(struct service * service, const void * data, size_t size) {
    for (const char * at = data; size > 0;) {
        const ssize_t sent = send(service->socket, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && would_block() && wait_for(service, service->socket, POLLOUT)) continue;
        if (sent <= 0) return fail(service, "the service takes nothing", strerror(errno));
        at += sent;
        size -= (size_t) sent;
    }
    return true;
}

static bool send_frame(struct service * service, uint32_t mark, const void * data, size_t size) {
    const uint32_t prefix = mark | (uint32_t) size;
    const unsigned char little[4] = { prefix & 255, prefix >> 8 & 255, prefix >> 16 & 255, prefix >> 24 };
    return send_all(service, little, sizeof little) && send_all(service, data, size);
}

static bool receive(struct service * service) {
    char chunk[16384];
    ssize_t size;
    do size = recv(service->socket, chunk, sizeof chunk, 0);
    while (size < 0 && (errno == EINTR || (would_block() && wait_for(service, service->socket, POLLIN))));
    if (size <= 0) return fail(service, "the service answers nothing", size == 0 ? "it ended the stream" : strerror(errno));
    append(&service->received, chunk, (size_t) size);
    return true;
}

/* Where an end stands in what was received, from a place on; its size when it does not. */
static size_t find_end(const struct buffer * received, size_t from, const char * end, size_t end_size) {
    for (size_t at = from; at + end_size <= received->size; at++)
        if (memcmp(received->data + at, end, end_size) == 0) return at;
    return received->size;
}

/* All up to an end, which goes too; the rest stays. The caller frees it. NULL when it does not come, or is longer than `most`. */
static char * receive_until(struct service * service, const char * end, size_t most) {
    const size_t end_size = strlen(end);
    size_t looked_at = 0, size;
    while ((size = find_end(&service->received, looked_at, end, end_size)) == service->received.size) {
        looked_at = size < end_size ? 0 : size - end_size + 1;
        if (size > most) {
            fail(service, "the service answers", "more than this adapter reads");
            return NULL;
        }
        if (now_ms() >= service->deadline_ms) {
            fail(service, "the service answers nothing", "in time");
            return NULL;
        }
        if (!receive(service)) return NULL;
    }
    const size_t behind = size + end_size;
    char * text = need(strndup(service->received.data, size));
    service->received.size -= behind;
    memmove(service->received.data, service->received.data + behind, service->received.size + 1);
    return text;
}

static bool send_head(struct service * service, const char * upgrade, size_t body_size) {
    struct buffer head = { 0 };
    const bool is_ipv6 = strchr(service->host, ':') != NULL;
    const char * parts[] = {
        "POST /v1/stream HTTP/1.1\r\nHost: ", is_ipv6 ? "[" : "", service->host, is_ipv6 ? "]:" : ":", service->port,
        "\r\nContent-Type: application/octet-stream\r\n",
        service->api_key != NULL ? "Authorization: Bearer " : "", service->api_key != NULL ? service->api_key : "",
        service->api_key != NULL ? "\r\n" : "", upgrade,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) append_string(&head, parts[i]);
    append_text(&head, "Content-Length: %zu\r\n\r\n", body_size);
    const bool is_sent = send_all(service, head.data, head.size);
    free(head.data);
    return is_sent;
}

/* Opens a stream, says nothing but the options, and reads whether they are right. */
static bool check(struct service * service) {
    set_deadline(service);
    if (!connect_to(service)) return false;
    const size_t size = strlen(service->options);
    bool is_right = send_head(service, "Connection: close\r\n", size + 4) &&
        send_frame(service, TEXT_BIT, service->options, size);
    char * head = is_right ? receive_until(service, "\r\n\r\n", HEAD_MAX) : NULL;
    is_right = head != NULL && strncmp(head, "HTTP/1.1 200", 12) == 0;
    if (head != NULL && !is_right) {
        /* to the end of the problem */
        while (service->received.size < BODY_MAX && now_ms() < service->deadline_ms && receive(service)) continue;
        refused(service, service->received.size > 0 ? service->received.data : head);
    }
    free(head);
    disconnect(service);
    return is_right;
}

/* The first message: the user's options, and where the sequence stands. */
static void append_options(const struct service * service, struct buffer * text) {
    size_t length;
    const char * end = strrchr(service->options, '}');
    append(text, service->options, (size_t) (end - service->options));
    const bool is_empty = strspn(strchr(service->options, '{') + 1, " \t\r\n}") == strlen(strchr(service->options, '{') + 1);
    append_text(text, "%s\"prompt_length\":%zu,\"history\":[", is_empty ? "" : ",", service->prompt_length);
    append_ids(text, &service->history);
    append(text, "]", 1);
    if (service->last != NULL) {
        const char * state = field(service->last, "state", &length);
        if (state != NULL && strncmp(state, "null", 4) != 0) {
            append_string(text, ",\"state\":");
            append(text, state, length);
        }
        const char * seed = field(service->last, "seed", &length);
        if (seed != NULL && field(service->options, "seed", &(size_t) { 0 }) == NULL) {
            append_string(text, ",\"seed\":");
            append(text, seed, length);
        }
    }
    append(text, "}", 1);
}

static bool open_stream(struct service * service) {
    if (service->socket >= 0) return true;
    if (!connect_to(service)) return false;
    if (!send_head(service, "Connection: Upgrade\r\nUpgrade: logit-stream\r\n", 0)) return false;
    char * head = receive_until(service, "\r\n\r\n", HEAD_MAX);
    if (head == NULL) return false;
    const bool is_open = strncmp(head, "HTTP/1.1 101", 12) == 0;
    if (!is_open) refused(service, head);
    free(head);
    if (!is_open) return false;
    struct buffer options = { 0 };
    append_options(service, &options);
    const bool is_sent = send_frame(service, TEXT_BIT, options.data, options.size);
    free(options.data);
    return is_sent;
}

static bool send_text(struct service * service, const char * text) {
    return send_frame(service, TEXT_BIT, text, strlen(text));
}

/* Takes the token that was drawn and not accepted out of the history, here and there. */
static bool take_back(struct service * service) {
    service->has_drawn = false;
    service->history.count--;
    return send_text(service, "{\"type\":\"rewind\",\"steps\":1}");
}

/* Where a token stands among the candidates; -1 when it is none of them. */
static int64_t place_of(const llama_token_data_array * candidates, int64_t token) {
    for (size_t i = 0; i < candidates->size; i++)
        if (candidates->data[i].id == token) return (int64_t) i;
    return -1;
}

/* The row of the candidates; false when one of them lies outside of the vocabulary. */
static bool write_row(struct service * service, const llama_token_data_array * candidates) {
    for (int32_t id = 0; id < service->n_vocab; id++) service->row[id] = -INFINITY;
    for (size_t i = 0; i < candidates->size; i++) {
        const llama_token id = candidates->data[i].id;
        if (id < 0 || id >= service->n_vocab) return fail(service, "a candidate's id", "lies outside of n_vocab");
        service->row[id] = candidates->data[i].logit;
    }
    return true;
}

/* The token of a reply, if it is a candidate: llama.cpp aborts where none is selected. */
static bool read_token(struct service * service, const char * line, const llama_token_data_array * candidates, llama_token * drawn) {
    size_t length;
    const char * text = field(line, "token_id", &length);
    if (text == NULL) return refused(service, line);
    char * end;
    const long long token = strtoll(text, &end, 10);
    if (length == 0 || end != text + length || place_of(candidates, token) < 0)
        return fail(service, "the service answers with what is no candidate", "its token_id");
    *drawn = (llama_token) token;
    return true;
}

static bool draw(struct service * service, llama_token_data_array * candidates, llama_token * drawn) {
    set_deadline(service);
    if (service->has_drawn && service->socket >= 0 && !take_back(service)) return false;
    if (service->socket < 0 && service->prompt_length == 0 && service->last == NULL)
        service->prompt_length = service->history.count;
    if (!write_row(service, candidates) || !open_stream(service)) return false;
    if (!send_frame(service, 0, service->row, (size_t) service->n_vocab * sizeof *service->row)) return false;
    char * line = receive_until(service, "\n", LINE_MAX);
    if (line == NULL) return false;
    if (!read_token(service, line, candidates, drawn)) {
        free(line);
        return false;
    }
    free(service->last);
    service->last = line;
    push(&service->history, *drawn);
    service->has_drawn = true;
    return true;
}

static void select_largest(llama_token_data_array * candidates) {
    candidates->selected = 0;
    for (size_t i = 1; i < candidates->size; i++)
        if (candidates->data[i].logit > candidates->data[candidates->selected].logit) candidates->selected = (int64_t) i;
}

static const char * name_of(const struct llama_sampler * smpl) {
    (void) smpl;
    return "logit-sampler";
}

static void apply(struct llama_sampler * smpl, llama_token_data_array * candidates) {
    struct service * service = smpl->ctx;
    llama_token token;
    service->error[0] = '\0';
    if (draw(service, candidates, &token)) {
        candidates->selected = place_of(candidates, token);
        return;
    }
    disconnect(service);
    service->has_drawn = false;
    select_largest(candidates);
}

static void accept_token(struct llama_sampler * smpl, llama_token token) {
    struct service * service = smpl->ctx;
    set_deadline(service);
    const bool is_drawn = service->has_drawn && service->history.ids[service->history.count - 1] == token;
    if (is_drawn) {
        service->has_drawn = false;
        return;
    }
    bool is_told = !service->has_drawn || take_back(service);
    push(&service->history, token);
    if (service->socket < 0) return; /* told when the stream is opened */
    char text[64];
    snprintf(text, sizeof text, "{\"type\":\"accept\",\"token_ids\":[%d]}", token);
    if (!is_told || !send_text(service, text)) disconnect(service);
}

static void reset(struct llama_sampler * smpl) {
    struct service * service = smpl->ctx;
    disconnect(service);
    free(service->last);
    service->last = NULL;
    service->history.count = 0;
    service->prompt_length = 0;
    service->has_drawn = false;
    service->error[0] = '\0';
}

static void free_service(struct service * service) {
    disconnect(service);
    free(service->host);
    free(service->port);
    free(service->api_key);
    free(service->options);
    free(service->received.data);
    free(service->last);
    free(service->row);
    free(service->history.ids);
    free(service);
}

static void free_sampler(struct llama_sampler * smpl) {
    free_service(smpl->ctx);
}

static struct service * make_service(const struct logit_sampler_params * params) {
    struct service * service = need(calloc(1, sizeof *service));
    service->host = copy(params->host);
    service->port = copy(params->port);
    service->api_key = copy(params->api_key);
    service->options = copy(params->options);
    service->n_vocab = params->n_vocab;
    service->timeout_s = params->timeout_s > 0 ? params->timeout_s : TIMEOUT_S;
    service->socket = -1;
    service->row = need(malloc((size_t) params->n_vocab * sizeof *service->row));
    return service;
}

static struct llama_sampler * clone(const struct llama_sampler * smpl);

static struct llama_sampler_i INTERFACE = {
    .name = name_of,
    .accept = accept_token,
    .apply = apply,
    .reset = reset,
    .clone = clone,
    .free = free_sampler,
};

static struct llama_sampler * clone(const struct llama_sampler * smpl) {
    const struct service * service = smpl->ctx;
    const struct logit_sampler_params params = {
        service->host, service->port, service->api_key, service->options, service->n_vocab, service->timeout_s,
    };
    struct service * other = make_service(&params);
    for (size_t i = 0; i < service->history.count; i++) push(&other->history, service->history.ids[i]);
    /* A token that is drawn and not accepted yet is the original's: the clone's state is the one behind it. */
    other->prompt_length = service->prompt_length;
    other->last = copy(service->last);
    return llama_sampler_init(&INTERFACE, other);
}

struct llama_sampler * logit_sampler_init(struct logit_sampler_params params, char * error, size_t error_size) {
    if (error != NULL && error_size > 0) error[0] = '\0';
    const bool is_object = params.options != NULL && strchr(params.options, '{') != NULL && strrchr(params.options, '}') != NULL;
    struct service * service = is_object && params.host != NULL && params.port != NULL && params.n_vocab > 0 ? make_service(&params) : NULL;
    if (service != NULL && check(service)) return llama_sampler_init(&INTERFACE, service);
    const char * why = service != NULL ? service->error : "host, port, n_vocab and options, an object of JSON, are needed";
    if (error != NULL && error_size > 0) snprintf(error, error_size, "%s", why);
    if (service != NULL) free_service(service);
    return NULL;
}

const char * logit_sampler_error(const struct llama_sampler * smpl) {
    const struct service * service = smpl->ctx;
    return service->error[0] == '\0' ? NULL : service->error;
}
