/*
 * launch.c - starts a Windows program as no shell does: launch HOW PROGRAM [WORD...], its exit status is the program's.
 *
 * HOW  closed  without standard input, output and error
 *      line    the words make the command line as they stand: quotes and backslashes are not touched
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <wchar.h>

enum { LINE_MAX = 8192, LIMIT_MS = 30000 };

/* Each word in quotes; none of ours holds one, or ends in a backslash, but for "line". */
static void put_word(wchar_t *line, const wchar_t *word, int quoted)
{
    wcscat(line, quoted ? L"\"" : L"");
    wcscat(line, word);
    wcscat(line, quoted ? L"\" " : L" ");
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t line[LINE_MAX];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD status = 250;
    if (argc < 3) {
        return 251;
    }
    int closed = wcscmp(argv[1], L"closed") == 0;
    int as_it_stands = wcscmp(argv[1], L"line") == 0;
    for (int i = 2; i < argc; i++) {
        put_word(line, argv[i], !as_it_stands || i == 2);
    }
    start.dwFlags = closed ? STARTF_USESTDHANDLES : 0;
    if (!CreateProcessW(argv[2], line, NULL, NULL, !closed, 0, NULL, NULL, &start, &process)) {
        return 252;
    }
    if (WaitForSingleObject(process.hProcess, LIMIT_MS) != WAIT_OBJECT_0) {
        TerminateProcess(process.hProcess, 253);
    }
    GetExitCodeProcess(process.hProcess, &status);
    return (int)status;
}
