/*
 * init.c - the first program of a machine that has nothing else: brings up the network and runs unisolate.
 *
 * Does      load the kernel modules in /modules.list, give eth0 its address, run /unisolate with the lines of /arguments, say how it
 *           ended, switch the machine off.
 * Not here  /proc, /dev, /sys, /etc: none is there.
 * Rules     a program of the tests alone (boot.py). Every step that fails is said on the console.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINES_MAX = 64, FILE_MAX = 8192 };

static char *lines_of(const char *path, char text[FILE_MAX], char *lines[LINES_MAX])
{
    int file = open(path, O_RDONLY);
    ssize_t got = file < 0 ? 0 : read(file, text, FILE_MAX - 1);
    size_t count = 0;
    text[got > 0 ? got : 0] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL && count < LINES_MAX - 1; line = strtok(NULL, "\n")) {
        lines[count++] = line;
    }
    lines[count] = NULL;
    close(file);
    return lines[0];
}

static void load_modules(void)
{
    static char text[FILE_MAX];
    char *paths[LINES_MAX];
    lines_of("/modules.list", text, paths);
    for (size_t i = 0; paths[i] != NULL; i++) {
        int file = open(paths[i], O_RDONLY);
        if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) {
            perror(paths[i]);
        }
        close(file);
    }
}

static void bring_up(int s, const char *name, uint32_t address, uint32_t mask)
{
    struct ifreq request = {0};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    memcpy(&request.ifr_addr, &in, sizeof in);
    if (ioctl(s, SIOCSIFADDR, &request) != 0) {
        perror(name);
    }
    in.sin_addr.s_addr = htonl(mask);
    memcpy(&request.ifr_netmask, &in, sizeof in);
    ioctl(s, SIOCSIFNETMASK, &request);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(s, SIOCSIFFLAGS, &request) != 0) {
        perror(name);
    }
}

int main(void)
{
    static char text[FILE_MAX];
    char *arguments[LINES_MAX] = {0};
    char *none[] = {NULL};
    int status = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    load_modules();
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    bring_up(s, "eth0", 0x0a00020f, 0xffffff00); /* 10.0.2.15, the address that qemu's user network gives */
    close(s);
    lines_of("/arguments", text, arguments);
    printf("init: the clock says %lld seconds since 1970\n", (long long)time(NULL));
    pid_t child = fork();
    if (child == 0) {
        execve(arguments[0], arguments, none);
        perror(arguments[0]);
        _exit(127);
    }
    waitpid(child, &status, 0);
    printf("init: exit status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
