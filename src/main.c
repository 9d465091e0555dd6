/*
 * main.c - argv in, exit status out.
 */
#include "cli/run.h"
#include "os/os.h"

int main(int argc, char **argv)
{
    os_start();
    argv = os_arguments(&argc, argv);
    return (int)run(argc, argv);
}
