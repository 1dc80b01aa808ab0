"""What the pages say, in English and Korean."""

from collections.abc import Mapping

_ENGLISH = {
    "sign in": "Sign in",
    "choose": "{application} wants to know who you are. This server stands in for Logto and asks "
    "for no password: choose anybody.",
    "ada": "Administrator of Acme. Reads and writes its documents, invites members, edits the "
    "catalogue and reads reports.",
    "ben": "Member of Acme. Reads its documents and the catalogue.",
    "cho": "In two organizations: member of Acme, administrator of Globex. Reads the catalogue.",
    "dan": "In no organization. Reads the catalogue.",
    "machines": "A machine does not sign in. It gets its tokens with client_credentials, as the "
    "terminal shows.",
    "signed out": "Signed out",
    "close": "Nobody is signed in here any more. You may close this page.",
    "refused": "This does not work",
    "told": "The stand-in for Logto refuses this request:",
}
_KOREAN = {
    "sign in": "로그인",
    "choose": "{application}에 누구로 로그인할까요? 이것은 Logto를 대신하는 서버라서 비밀번호가 "
    "없습니다. 원하는 사람을 고르세요.",
    "ada": "Acme의 관리자. Acme의 문서를 읽고 쓰며, 구성원을 초대하고, 상품 목록을 고치고, "
    "보고서를 읽습니다.",
    "ben": "Acme의 구성원. Acme의 문서와 상품 목록을 읽습니다.",
    "cho": "두 조직에 속한 사람: Acme의 구성원이자 Globex의 관리자. 상품 목록을 읽습니다.",
    "dan": "어느 조직에도 속하지 않은 사람. 상품 목록을 읽습니다.",
    "machines": "기계는 로그인하지 않고, 터미널에 나온 대로 client_credentials로 토큰을 받습니다.",
    "signed out": "로그아웃됨",
    "close": "이제 로그인한 사람이 없습니다. 이 페이지를 닫아도 됩니다.",
    "refused": "진행할 수 없습니다",
    "told": "Logto를 대신하는 서버가 이 요청을 거절했습니다:",
}
SENTENCES: Mapping[str, Mapping[str, str]] = {"en": _ENGLISH, "ko": _KOREAN}


def chosen_language(accept_language: str) -> str:
    """Return the first language of an Accept-Language header that there is, or English.

    Browsers list the languages in the order in which their reader prefers them.
    """
    for tag in accept_language.split(","):
        language = tag.strip()[:2].lower()
        if language in SENTENCES:
            return language
    return "en"
