from django.urls import path

from linli.grid.views import accounts, posts

urlpatterns = [
    path("sign-in", accounts.sign_in, name="sign-in"),
    path("sign-out", accounts.sign_out, name="sign-out"),
    path("password", accounts.password_new, name="password-new"),
    path("password/<str:key>", accounts.password_link, name="password-link"),
    path("account", accounts.account, name="account"),
    path("account/password", accounts.account_password, name="account-password"),
    path("account/language", accounts.account_language, name="account-language"),
    path("account/tokens", accounts.account_tokens, name="account-tokens"),
    path("account/tokens/<int:token_id>/revoke", accounts.account_token_revoke, name="account-token-revoke"),
    path("accounts", accounts.account_list, name="account-list"),
    path("accounts/new", accounts.account_new, name="account-new"),
    path("accounts/<int:account_id>", accounts.account_detail, name="account-detail"),
    path("accounts/<int:account_id>/link", accounts.account_link, name="account-link"),
    path("accounts/<int:account_id>/close", accounts.account_close, name="account-close"),
    path("accounts/<int:account_id>/open", accounts.account_open, name="account-open"),
    path("audit", accounts.audit, name="audit"),
    path("posts/vacancies", posts.vacancies, name="post-vacancies"),
    path("posts/double-bookings", posts.double_bookings, name="post-double-bookings"),
    path("posts/staffing", posts.staffing, name="post-staffing"),
    path("posts/history", posts.history, name="post-history"),
    path("posts/appoint", posts.appoint, name="post-appoint"),
    path("posts/people", posts.people, name="post-people"),
    path("posts/<int:appointment_id>/end", posts.end_post, name="post-end"),
]
