-- What Prisma 7.10.1, schema engine 8.1.0-2 has made, as pg_dump writes it: make adopt DUMP=-dump

CREATE SCHEMA audit;

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';

CREATE TYPE public."Role" AS ENUM (
    'USER',
    'ADMIN',
    'moderator'
);

CREATE TABLE audit."Entry" (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    what jsonb NOT NULL
);

CREATE TABLE public."Post" (
    slug text NOT NULL,
    lang character(2) NOT NULL,
    title text NOT NULL,
    "authorId" integer,
    id bigint NOT NULL
);

CREATE SEQUENCE public."Post_id_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public."Post_id_seq" OWNED BY public."Post".id;

CREATE TABLE public."Tag" (
    name text NOT NULL,
    lang character(2) NOT NULL
);

CREATE TABLE public."User" (
    id integer NOT NULL,
    uid uuid NOT NULL,
    email public.citext NOT NULL,
    name character varying(120),
    role public."Role" DEFAULT 'USER'::public."Role" NOT NULL,
    roles public."Role"[] DEFAULT ARRAY['USER'::public."Role"],
    scores integer[],
    balance numeric(12,4) DEFAULT 0 NOT NULL,
    big bigint DEFAULT 0 NOT NULL,
    ratio double precision,
    small real,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    blob bytea,
    born date,
    at timestamp(3) with time zone,
    noon time(0) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

CREATE SEQUENCE public."User_id_seq"
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public."User_id_seq" OWNED BY public."User".id;

CREATE TABLE public."_Likes" (
    "A" bigint NOT NULL,
    "B" integer NOT NULL
);

CREATE TABLE public.profiles (
    id text NOT NULL,
    bio text NOT NULL,
    user_id integer NOT NULL
);

ALTER TABLE ONLY public."Post" ALTER COLUMN id SET DEFAULT nextval('public."Post_id_seq"'::regclass);

ALTER TABLE ONLY public."User" ALTER COLUMN id SET DEFAULT nextval('public."User_id_seq"'::regclass);

ALTER TABLE ONLY audit."Entry"
    ADD CONSTRAINT "Entry_pkey" PRIMARY KEY (id);

ALTER TABLE ONLY public."Post"
    ADD CONSTRAINT "Post_pkey" PRIMARY KEY (id);

ALTER TABLE ONLY public."Tag"
    ADD CONSTRAINT "Tag_pkey" PRIMARY KEY (name, lang);

ALTER TABLE ONLY public."User"
    ADD CONSTRAINT "User_pkey" PRIMARY KEY (id);

ALTER TABLE ONLY public."_Likes"
    ADD CONSTRAINT "_Likes_AB_pkey" PRIMARY KEY ("A", "B");

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_pkey PRIMARY KEY (id);

CREATE INDEX "Entry_what_idx" ON audit."Entry" USING gin (what jsonb_path_ops);

CREATE UNIQUE INDEX "Post_slug_lang_key" ON public."Post" USING btree (slug, lang);

CREATE INDEX "Post_title_idx" ON public."Post" USING hash (title);

CREATE UNIQUE INDEX "User_email_key" ON public."User" USING btree (email);

CREATE UNIQUE INDEX "User_uid_key" ON public."User" USING btree (uid);

CREATE INDEX "_Likes_B_index" ON public."_Likes" USING btree ("B");

CREATE INDEX "posts by author" ON public."Post" USING btree ("authorId", title DESC);

CREATE UNIQUE INDEX profiles_user_id_key ON public.profiles USING btree (user_id);

ALTER TABLE ONLY public."Post"
    ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE SET NULL;

ALTER TABLE ONLY public."_Likes"
    ADD CONSTRAINT "_Likes_A_fkey" FOREIGN KEY ("A") REFERENCES public."Post"(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public."_Likes"
    ADD CONSTRAINT "_Likes_B_fkey" FOREIGN KEY ("B") REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;

