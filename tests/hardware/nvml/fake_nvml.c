/* A stand-in for NVIDIA's management library. It answers as the real one would on the machine that one section of a
   text file describes: FAKE_NVML_FILE names the file, FAKE_NVML_MACHINE the section. A key that is absent is a question
   that the card does not support (3); `lost_after = N` makes a card fall off the bus at its N-th question (15). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15, CARDS = 8, TEXT = 96 };
static const unsigned long long MIB = 1ull << 20;
static char section[65536];
static int questions[CARDS];

typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } Process;
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char address[32]; } Pci;
typedef struct { unsigned parts[7], compute_slices; unsigned long long memory_mib; } Attributes;

/* A handle is the card's number and, for an instance, its number plus one: both fit into the pointer. */
static void *handle_of(int card, int instance) { return (void *)(uintptr_t)(0x1000 + card * 16 + instance + 1); }
static int card_of(void *handle) { return (int)(((uintptr_t)handle - 0x1000) / 16); }
static int instance_of(void *handle) { return (int)(((uintptr_t)handle - 0x1000) % 16) - 1; }

static int find(const char *key, char *value) {
    char line[TEXT + 4];
    snprintf(line, sizeof line, "\n%s = ", key);
    const char *at = strstr(section, line);
    if (!at) return NOT_SUPPORTED;
    at += strlen(line);
    size_t length = strcspn(at, "\n");
    if (length >= TEXT) length = TEXT - 1;
    memcpy(value, at, length);
    value[length] = 0;
    return value[0] == '!' ? atoi(value + 1) : SUCCESS;
}

static unsigned long long number(const char *key, unsigned long long otherwise) {
    char value[TEXT];
    return find(key, value) == SUCCESS ? strtoull(value, 0, 10) : otherwise;
}

static void name_of(void *handle, const char *key, char *full) {
    if (instance_of(handle) < 0) snprintf(full, TEXT, "%d.%s", card_of(handle), key);
    else snprintf(full, TEXT, "%d.mig.%d.%s", card_of(handle), instance_of(handle), key);
}

static int ask(void *handle, const char *key, char *value) {
    char full[TEXT];
    snprintf(full, TEXT, "%d.lost_after", card_of(handle));
    if ((unsigned long long)questions[card_of(handle)]++ >= number(full, 1u << 30)) return LOST;
    name_of(handle, key, full);
    return find(full, value);
}

static int ask_number(void *handle, const char *key, unsigned long long *answer) {
    char value[TEXT];
    int code = ask(handle, key, value);
    if (code == SUCCESS) *answer = strtoull(value, 0, 10);
    return code;
}

#define TEXT_QUESTION(function, key) \
    int function(void *handle, char *text, unsigned length) { \
        char value[TEXT]; \
        int code = ask(handle, key, value); \
        if (code == SUCCESS) snprintf(text, length, "%s", value); \
        return code; \
    }
#define NUMBER_QUESTION(function, key) \
    int function(void *handle, unsigned *answer) { \
        unsigned long long found = 0; \
        int code = ask_number(handle, key, &found); \
        *answer = (unsigned)found; \
        return code; \
    }
#define PAIR_QUESTION(function, key) \
    int function(void *handle, unsigned *now, unsigned *later) { \
        unsigned long long found = 0; \
        int code = ask_number(handle, key, &found); \
        *now = *later = (unsigned)found; \
        return code; \
    }

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    char line[TEXT], wanted[TEXT];
    FILE *file = fopen(getenv("FAKE_NVML_FILE"), "r");
    int inside = 0;
    section[0] = '\n', section[1] = 0;
    snprintf(wanted, sizeof wanted, "[%s]\n", getenv("FAKE_NVML_MACHINE"));
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '[') inside = !strcmp(line, wanted);
        else if (inside) strcat(section, line);
    }
    fclose(file);
    return (int)number("init", SUCCESS);
}
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { return code == LOST ? "GPU is lost" : "some error"; }
int nvmlSystemGetDriverVersion(char *text, unsigned length) {
    char value[TEXT];
    int code = find("driver", value);
    if (code == SUCCESS) snprintf(text, length, "%s", value);
    return code;
}
int nvmlSystemGetCudaDriverVersion_v2(int *version) { return *version = (int)number("cuda", 0), SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { return *count = (unsigned)number("cards", 0), SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned card, void **handle) {
    char full[TEXT];
    snprintf(full, TEXT, "%u.handle", card);
    *handle = handle_of((int)card, -1);
    return (int)number(full, SUCCESS);
}

TEXT_QUESTION(nvmlDeviceGetName, "name")
TEXT_QUESTION(nvmlDeviceGetUUID, "uuid")
NUMBER_QUESTION(nvmlDeviceGetBrand, "brand")
NUMBER_QUESTION(nvmlDeviceGetMemoryBusWidth, "bus_width")
NUMBER_QUESTION(nvmlDeviceGetPersistenceMode, "persistence")
NUMBER_QUESTION(nvmlDeviceGetComputeMode, "compute_mode")
NUMBER_QUESTION(nvmlDeviceGetPowerManagementLimit, "power_cap")
NUMBER_QUESTION(nvmlDeviceGetPowerManagementDefaultLimit, "power_default")
NUMBER_QUESTION(nvmlDeviceGetCurrPcieLinkGeneration, "pcie_generation")
NUMBER_QUESTION(nvmlDeviceGetMaxPcieLinkGeneration, "pcie_generation_most")
NUMBER_QUESTION(nvmlDeviceGetCurrPcieLinkWidth, "pcie_width")
NUMBER_QUESTION(nvmlDeviceGetMaxPcieLinkWidth, "pcie_width_most")
NUMBER_QUESTION(nvmlDeviceGetMaxMigDeviceCount, "mig_most")
NUMBER_QUESTION(nvmlDeviceGetRetiredPagesPendingStatus, "retired_pending")
PAIR_QUESTION(nvmlDeviceGetMigMode, "mig")
PAIR_QUESTION(nvmlDeviceGetEccMode, "ecc")

int nvmlDeviceGetMaxClockInfo(void *handle, unsigned clock, unsigned *mhz) {
    unsigned long long found = 0;
    int code = clock == 2 ? ask_number(handle, "memory_clock", &found) : NOT_SUPPORTED;
    return *mhz = (unsigned)found, code;
}
int nvmlDeviceGetTemperature(void *handle, unsigned sensor, unsigned *celsius) {
    unsigned long long found = 0;
    int code = sensor == 0 ? ask_number(handle, "temperature", &found) : NOT_SUPPORTED;
    return *celsius = (unsigned)found, code;
}
int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *bits) {
    return ask_number(handle, "throttles", bits);
}
int nvmlDeviceGetTotalEccErrors(void *handle, unsigned kind, unsigned counter, unsigned long long *count) {
    return kind == 1 && counter == 0 ? ask_number(handle, "ecc_uncorrected", count) : NOT_SUPPORTED;
}
int nvmlDeviceGetRemappedRows(void *handle, unsigned *fixed, unsigned *lost, unsigned *pending, unsigned *failed) {
    unsigned long long found = 0;
    int code = ask_number(handle, "remap_pending", &found);
    *fixed = *lost = *failed = 0, *pending = (unsigned)found;
    return code;
}
int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    char value[TEXT];
    int code = ask(handle, "capability", value);
    if (code == SUCCESS) sscanf(value, "%d.%d", major, minor);
    return code;
}
int nvmlDeviceGetMemoryInfo(void *handle, Memory *memory) {
    unsigned long long total = 0, used = 0, reserved = 0;
    int code = ask_number(handle, "total", &total);
    ask_number(handle, "used", &used), ask_number(handle, "reserved", &reserved);
    *memory = (Memory){total * MIB, (total - used - reserved) * MIB, (used + reserved) * MIB};
    return code;
}
int nvmlDeviceGetMemoryInfo_v2(void *handle, MemoryV2 *memory) {
    unsigned long long total = 0, used = 0, reserved = 0;
    int code = ask_number(handle, "reserved", &reserved); /* older drivers do not tell it apart */
    ask_number(handle, "total", &total), ask_number(handle, "used", &used);
    *memory = (MemoryV2){memory->version, total * MIB, reserved * MIB, (total - used - reserved) * MIB, used * MIB};
    return code;
}
int nvmlDeviceGetPciInfo_v3(void *handle, Pci *pci) {
    char value[TEXT];
    int code = ask(handle, "pci", value);
    memset(pci, 0, sizeof *pci);
    if (code == SUCCESS) sscanf(value, "%x:%x:%x", &pci->domain, &pci->bus, &pci->device);
    return code;
}
int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned instance, void **part) {
    char full[TEXT], value[TEXT];
    *part = handle_of(card_of(handle), (int)instance);
    name_of(*part, "name", full);
    return find(full, value) == SUCCESS ? SUCCESS : NOT_FOUND;
}
int nvmlDeviceGetAttributes_v2(void *handle, Attributes *attributes) {
    unsigned long long slices = 0;
    int code = ask_number(handle, "slices", &slices);
    memset(attributes, 0, sizeof *attributes);
    attributes->compute_slices = (unsigned)slices;
    return code;
}
/* "4711:20480" is process 4711 with 20480 MiB. */
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, Process *processes) {
    char value[TEXT];
    int code = ask(handle, "process", value);
    if (code == NOT_SUPPORTED) return *count = 0, SUCCESS;
    if (code != SUCCESS) return code;
    if (*count < 1) return *count = 1, TOO_SMALL;
    memset(processes, 0, sizeof *processes);
    sscanf(value, "%u:%llu", &processes->pid, &processes->used);
    processes->used *= MIB, *count = 1;
    return SUCCESS;
}
