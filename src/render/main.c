/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cursus-render: HTML in, styled lines out. */
int main(void)
{
    return 0;
}
