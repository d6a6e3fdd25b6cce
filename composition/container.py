"""One object of each kind, and who is given to whom. The only file that knows the injector."""

from dependency_injector import containers, providers

from adapters.chat.admins import Admins
from adapters.chat.answers import Answers
from adapters.chat.browsing import Browsing
from adapters.chat.conversation import Conversation
from adapters.chat.courier import Courier
from adapters.chat.dispatch import Dispatch
from adapters.chat.forms import Forms
from adapters.chat.making import Making
from adapters.chat.menu import Menus
from adapters.chat.notifier import Notifier
from adapters.chat.operators import OperatorsChat
from adapters.chat.settings import Settings
from adapters.chat.starting import Starting
from adapters.chat.stopping import Stopping
from adapters.chat.turns import Turns
from adapters.web.chat_log import ChatLog
from adapters.web.hooks import HookRoutes
from adapters.web.menu import MenuRoutes
from adapters.web.server import HookServer, WebServer
from adapters.web.surface import WebSurface
from adapters.web.visitors import Visitors
from composition import choices
from composition.config import Config
from composition.watching import health_routes, heard_by
from core.generations.service import Moves
from core.media.service import Media
from core.sessions.service import Accounts
from core.use_cases.advance_generation import AdvanceGeneration
from core.use_cases.cancel_generation import CancelGeneration
from core.use_cases.collect_results import CollectResults
from core.use_cases.end_job import EndJob
from core.use_cases.fill_form import FillForm
from core.use_cases.follow_run import FollowRun
from core.use_cases.go_on import GoOn
from core.use_cases.guard_drift import GuardDrift
from core.use_cases.prefer import Prefer
from core.use_cases.quote import QuoteGeneration, SeenElsewhere
from core.use_cases.recover import RecoverJobs
from core.use_cases.run_inputs import RunInputs
from core.use_cases.settle_job import SettleJob
from core.use_cases.start_generation import MakeWish, StartGeneration
from core.use_cases.stop_run import StopRun
from core.use_cases.submit_run import SubmitRun
from core.workflows.service import Workflows
from infrastructure.clock import SystemClock
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.history import ApiRunHistory, ToldRuns
from infrastructure.comfy_deploy.run_statuses import RunStatuses
from infrastructure.data_folder import DataFolder
from infrastructure.events import InProcessEvents
from infrastructure.hooks import SignedHooks
from infrastructure.lora_file import LoraFile
from infrastructure.media.images import PillowImages
from infrastructure.media.store import MediaFolder
from infrastructure.memory.accounts import InMemoryAccounts
from infrastructure.memory.auditor import InMemoryAuditor
from infrastructure.memory.drafts import InMemoryDrafts
from infrastructure.memory.history import InMemoryRunHistory
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.memory.ledger import InMemoryLedger
from infrastructure.memory.loras import InMemoryLoras
from infrastructure.memory.media import InMemoryMedia
from infrastructure.memory.preferences import InMemoryPreferences
from infrastructure.memory.seen import InMemorySeen
from infrastructure.memory.transcripts import InMemoryTranscripts
from infrastructure.memory.word_lists import InMemoryWildcards
from infrastructure.metrics import Metrics
from infrastructure.new_ids import RandomIds
from infrastructure.sql.accounts import SqlAccounts
from infrastructure.sql.auditor import SqlAuditor
from infrastructure.sql.drafts import SqlDrafts
from infrastructure.sql.history import SqlRunHistory
from infrastructure.sql.jobs import SqlJobs
from infrastructure.sql.ledger import SqlLedger
from infrastructure.sql.preferences import SqlPreferences
from infrastructure.sql.seen import SqlSeen
from infrastructure.sql.transcripts import SqlTranscripts
from infrastructure.wake_ups.in_process import InProcessWakeUps
from infrastructure.word_lists import FolderWildcards


class Container(containers.DeclarativeContainer):
    """One object of each kind. Tests override a provider, and everything above follows."""

    config = providers.Dependency(instance_of=Config)
    owner = providers.Dependency(instance_of=str)
    """In whose name jobs are claimed: `worker:...` or `make:...`."""

    driver = providers.Callable(choices.driver_of, owner)

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(RandomIds)
    events = providers.Singleton(InProcessEvents)
    metrics = providers.Singleton(Metrics, clock)
    wake_ups = providers.Singleton(
        InProcessWakeUps, clock, concurrency=providers.Callable(choices.advances_at_once, config)
    )
    folder = providers.Singleton(DataFolder, config.provided.data_dir)
    secret = providers.Singleton(choices.secret_of, config, folder)
    hooks = providers.Singleton(SignedHooks, secret, public_url=None)

    database = providers.Singleton(choices.database_of, config, folder)
    memory_ledger = providers.Singleton(InMemoryLedger, config.provided.allowance)
    ledger = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlLedger, database, config.provided.allowance),
        memory=memory_ledger,
    )
    memory_jobs = providers.Singleton(InMemoryJobs)
    auditor = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlAuditor, database),
        memory=providers.Singleton(InMemoryAuditor, memory_ledger, memory_jobs),
    )
    jobs = providers.Selector(
        config.provided.store, sql=providers.Singleton(SqlJobs, database), memory=memory_jobs
    )
    history = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlRunHistory, database),
        memory=providers.Singleton(InMemoryRunHistory, memory_jobs),
    )
    account_store = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlAccounts, database),
        memory=providers.Singleton(InMemoryAccounts),
    )
    transcripts = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlTranscripts, database),
        memory=providers.Singleton(InMemoryTranscripts),
    )
    seen = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlSeen, database),
        memory=providers.Singleton(InMemorySeen),
    )
    drafts = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlDrafts, database),
        memory=providers.Singleton(InMemoryDrafts),
    )
    preferences = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(SqlPreferences, database),
        memory=providers.Singleton(InMemoryPreferences),
    )
    guard_drift = providers.Singleton(
        GuardDrift, drafts=drafts, preferences=preferences, events=events, clock=clock
    )
    media_store = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(MediaFolder, folder.provided.media),
        memory=providers.Singleton(InMemoryMedia),
    )
    images = providers.Singleton(PillowImages)
    media = providers.Singleton(
        Media, store=media_store, images=images, ids=ids, limits=config.provided.media
    )

    client = providers.Singleton(ComfyDeployClient, config.provided.comfy, meter=metrics)
    statuses = providers.Singleton(RunStatuses, client)
    catalogue = providers.Singleton(
        ComfyDeployCatalogue,
        client,
        clock,
        ttl_s=config.provided.comfy.catalogue_ttl_s,
        prefer=config.provided.machines,
        file=providers.Callable(choices.workflows_file, config, owner, folder.provider),
        on_change=providers.Callable(choices.of_worker, owner, guard_drift),
    )
    gateway = providers.Singleton(ComfyDeployGateway, client, statuses, catalogue)
    workflows = providers.Singleton(
        Workflows, catalogue, default=config.provided.default_workflow, clock=clock
    )

    moves = providers.Singleton(
        Moves,
        jobs=jobs,
        clock=clock,
        events=events,
        timing=config.provided.timing,
        owner=owner,
        driver=driver,
    )
    told_runs = providers.Singleton(ToldRuns, client, clock)
    quote = providers.Singleton(
        QuoteGeneration,
        history=history,
        catalogue=catalogue,
        prices=config.provided.prices,
        clock=clock,
        elsewhere=providers.Selector(
            providers.Callable(choices.service_of, config),
            there=providers.Singleton(
                SeenElsewhere,
                asked=providers.Singleton(ApiRunHistory, told_runs),
                known=providers.Singleton(ApiRunHistory, told_runs, patience_s=None),
            ),
            none=providers.Object(None),
        ),
    )
    wildcards = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(FolderWildcards, folder.provided.wildcards),
        memory=providers.Singleton(InMemoryWildcards),
    )
    loras = providers.Selector(
        config.provided.store,
        sql=providers.Singleton(LoraFile, folder.provided.loras),
        memory=providers.Singleton(InMemoryLoras),
    )
    wishes = providers.Singleton(
        MakeWish, preferences=preferences, wildcards=wildcards, loras=loras, ids=ids
    )
    start = providers.Singleton(
        StartGeneration,
        jobs=jobs,
        ledger=ledger,
        quote=quote,
        wake_ups=wake_ups,
        clock=clock,
        wishes=wishes,
        driver=driver,
    )
    end = providers.Singleton(EndJob, moves=moves, ledger=ledger)
    settle = providers.Singleton(
        SettleJob, moves=moves, ledger=ledger, prices=config.provided.prices
    )
    collect = providers.Singleton(
        CollectResults,
        moves=moves,
        gateway=gateway,
        media=media,
        settle=settle,
        end=end,
        limit_bytes=config.provided.media.result_bytes,
    )
    stop = providers.Singleton(
        StopRun,
        moves=moves,
        jobs=jobs,
        gateway=gateway,
        ledger=ledger,
        prices=config.provided.prices,
        end=end,
    )
    submit = providers.Singleton(
        SubmitRun,
        moves=moves,
        gateway=gateway,
        inputs=providers.Singleton(RunInputs, gateway=gateway, media=media, workflows=workflows),
        hooks=hooks,
        end=end,
        wake_ups=wake_ups,
        places=config.provided.places,
    )
    follow = providers.Singleton(
        FollowRun,
        moves=moves,
        gateway=gateway,
        hooks=hooks,
        events=events,
        collect=collect,
        stop=stop,
        end=end,
    )
    advance = providers.Singleton(
        AdvanceGeneration,
        moves=moves,
        start=start,
        submit=submit,
        follow=follow,
        collect=collect,
        settle=settle,
        end=end,
    )
    cancel = providers.Singleton(CancelGeneration, jobs=jobs, wake_ups=wake_ups, clock=clock)
    go_on = providers.Singleton(GoOn, jobs=jobs, workflows=workflows)
    recover = providers.Singleton(RecoverJobs, jobs=jobs, wake_ups=wake_ups, clock=clock)
    accounts = providers.Singleton(Accounts, store=account_store, clock=clock, ids=ids)

    admins = providers.Singleton(Admins, config.provided.admins)
    message_turns = providers.Singleton(Turns)
    fill = providers.Singleton(
        FillForm,
        drafts=drafts,
        preferences=preferences,
        workflows=workflows,
        jobs=jobs,
        clock=clock,
    )
    forms = providers.Singleton(
        Forms,
        fill=fill,
        starting=providers.Singleton(
            Starting, start=start, jobs=jobs, turns=message_turns, admins=admins
        ),
        quote=quote,
        go_on=go_on,
    )
    making = providers.Singleton(
        Making, workflows=workflows, go_on=go_on, forms=forms, admins=admins
    )
    stopping = providers.Singleton(Stopping, cancel=cancel, jobs=jobs)
    answers = providers.Singleton(
        Answers,
        ledger=ledger,
        policy=config.provided.allowance,
        jobs=jobs,
        admins=admins,
        clock=clock,
    )
    browsing = providers.Singleton(
        Browsing, workflows=workflows, quote=quote, admins=admins, clock=clock
    )
    settings = providers.Singleton(
        Settings,
        prefer=providers.Singleton(Prefer, preferences),
        workflows=workflows,
        admins=admins,
    )
    dispatch = providers.Singleton(
        Dispatch,
        making=making,
        stopping=stopping,
        answers=answers,
        browsing=browsing,
        settings=settings,
        seen=seen,
        clock=clock,
    )
    conversation = providers.Singleton(Conversation, accounts=accounts, dispatch=dispatch)
    menus = providers.Singleton(Menus, workflows)

    chat_log = providers.Singleton(ChatLog, transcripts=transcripts, clock=clock)
    web_surface = providers.Singleton(WebSurface, chat_log)
    surfaces = providers.Dict(web=web_surface)
    """Those of the platforms are added when their bots are made: their libraries are large."""

    notifier = providers.Singleton(Notifier, jobs=jobs, surfaces=surfaces, turns=message_turns)
    courier = providers.Singleton(
        Courier,
        moves=moves,
        jobs=jobs,
        surfaces=surfaces,
        workflows=workflows,
        turns=message_turns,
        ledger=ledger,
    )
    operators_chat = providers.Singleton(
        OperatorsChat, to=config.provided.operators_chat, surfaces=surfaces
    )
    hook_routes = providers.Singleton(
        HookRoutes,
        hooks=hooks,
        wake_ups=wake_ups,
        clock=clock,
        heard=providers.Callable(heard_by, metrics, statuses),
    )
    health = providers.Singleton(
        health_routes,
        config,
        jobs=jobs,
        folder=folder.provider,
        client=client.provider,
        catalogue=catalogue,
        metrics=metrics,
    )
    menu_routes = providers.Singleton(
        MenuRoutes, menus=menus, admins=admins, visitors=providers.Singleton(Visitors, secret)
    )
    web_server = providers.Singleton(
        WebServer,
        settings=providers.Callable(
            choices.web_settings, config, config.provided.private_listen, secret
        ),
        conversation=conversation,
        surface=web_surface,
        chat_log=chat_log,
        media=media,
        hooks=hook_routes,
        others=providers.List(health, menu_routes),
    )
    hook_server = providers.Singleton(
        HookServer,
        settings=providers.Callable(choices.web_settings, config, config.provided.listen, secret),
        hooks=hook_routes,
    )
