"""Surveys: forms and their versions.

An author brings a workbook in the notation XLSForm; it is compiled to an XForm, which phones and browsers fill in. What is
wrong with the workbook is told with sheet, row and column, all of it at once where possible. A form has at most one draft
and at most one published version; what was published never changes. Answers are no business of this room yet.
"""
